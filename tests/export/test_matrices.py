"""The model that multiplies matrices in the add-on, which is written without the library of ONNX."""

import onnx
import pytest

from addon.inference.matrices import matmul_model


@pytest.mark.parametrize("kind", [onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE])
def test_it_is_a_valid_model(kind):
    model = onnx.load_from_string(matmul_model(kind))
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["MatMul"]
    assert {tensor.type.tensor_type.elem_type for tensor in (*model.graph.input, *model.graph.output)} == {kind}
