"""What PyTorch's exporter leaves in a file about how it was made, of no use to who runs it."""

from __future__ import annotations

import onnx


def remove_traces(proto: onnx.ModelProto) -> None:
    """Take out of the graph, in place, what names source files, modules and the traced program.

    The model's own metadata stays.
    """
    graph = proto.graph
    for described in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del described.metadata_props[:]
