"""Only the engine room touches the compiled module. (The import contracts see sources only.)"""

import ast
from pathlib import Path

import etherloom

PACKAGE = Path(etherloom.__file__).parent


def imports_core(source: Path) -> bool:
    for node in ast.walk(ast.parse(source.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if any(name.endswith("engine._core") for name in names):
            return True
    return False


def test_only_the_engine_room_imports_the_compiled_module() -> None:
    doors = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py") if imports_core(path)}
    assert doors == {"engine"}
