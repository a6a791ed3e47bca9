"""What PyTorch's exporter leaves in a file about how it was made, of no use to who runs it."""

from __future__ import annotations

import onnx


def remove_traces(proto: onnx.ModelProto) -> None:
    """Take out of the graph, in place, what names source files, modules and the traced program.

    The model's own metadata stays.
    """
    _remove_from(proto.graph)


def _remove_from(graph: onnx.GraphProto) -> None:
    for described in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del described.metadata_props[:]
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                _remove_from(inner)
