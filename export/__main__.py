"""`python -m export onnx RUN` and `python -m export extension`; each loads only what it needs: zips need no torch."""

import importlib
import logging
import sys
import warnings

COMMANDS = {
    "onnx": "a trained run as an ONNX file with its card",
    "any-order": "a trained any-order model of digits as an ONNX file",
    "extension": "the extension's zips, one a platform",
}
MODULES = {"onnx": "export.onnx_model", "any-order": "export.any_order_model", "extension": "export.extension"}


def main(arguments: list[str]) -> int:
    """Hand the arguments after the command's name to its module's `main`; return the exit code."""
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m export COMMAND …  (COMMAND --help tells more)", file=sys.stderr)
        for name, what in COMMANDS.items():
            print(f"  {name:10} {what}", file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    module = importlib.import_module(MODULES[arguments[0]])
    # PyTorch's exporter tells of packages that nothing here needs, and of its own use of what is on its way out.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")
    code: int = module.main(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
