# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the rooms (ARCHITECTURE.md), read off every #include of our sources."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("FEATURESCOPE_SOURCE", pathlib.Path(__file__).parents[2]))

# Each room and the rooms it may include; itself is always allowed. In dependency order.
CORE = {
    "core/base": [],
    "core/tensorfile": ["core/base"],
    "core/text": ["core/base"],
    "core/kernels": ["core/base"],
    "core/lm": ["core/base", "core/tensorfile", "core/text", "core/kernels"],
    "core/sae": ["core/base", "core/tensorfile", "core/kernels"],
    "core/train": ["core/base", "core/tensorfile", "core/text", "core/kernels", "core/lm", "core/sae"],
    "core/finetune": ["core/base", "core/tensorfile", "core/text", "core/kernels", "core/lm", "core/sae",
                      "core/train"],
    "core/store": ["core/base"],
}
CORE["core/analysis"] = list(CORE)
CORE["core/study"] = list(CORE)
CORE["core/bench"] = list(CORE)
UI = {"ui/bridge": list(CORE)}
UI["ui/models"] = [*UI]
UI["ui/models"] += ["core/base", "core/store"]  # the records and ids that the rows hold
UI["ui/plots"] = ["core/base"]
UI["ui/figures"] = ["ui/plots", "ui/bridge", *CORE]
UI["ui/pages"] = ["ui/figures", "ui/bridge", "ui/models", "ui/plots", "core/base", "core/store", "core/study"]
UI["ui/dialogs"] = ["ui/pages", *UI["ui/pages"], *CORE]
UI["ui/window"] = ["ui/dialogs", *UI["ui/dialogs"]]
APP = {
    "app/cli": list(CORE),
    "app/demo": list(CORE),
    "app/figure": ["app/cli", *UI, *CORE],
    "app/reproduce": ["app/cli", "app/figure", *UI, *CORE],
    "app/gui": [*UI, *CORE],
}
ROOMS = {**CORE, **UI, **APP}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
QT = re.compile(r"^(Q[A-Z]\w*|Qt\w*/.*)$")
TORCH_HEADER = re.compile(r"_torch\.h$")


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def sources(folder):
    return sorted(p for p in (SOURCE / folder).rglob("*") if p.suffix in (".h", ".cpp"))


def reachable_headers(path, seen=None):
    """Every header of ours that a file includes, directly or not."""
    seen = set() if seen is None else seen
    for name in includes(path):
        header = SOURCE / name
        if header not in seen and header.is_file():
            seen.add(header)
            reachable_headers(header, seen)
    return seen


class RoomRules(unittest.TestCase):
    def test_every_folder_of_code_is_a_known_room(self):
        for top in ("core", "ui", "app"):
            for path in sources(top):
                room = "/".join(path.relative_to(SOURCE).parts[:2])
                self.assertIn(room, ROOMS, f"{path}: a room that ARCHITECTURE.md does not know")

    def test_a_room_includes_only_rooms_it_may_use(self):
        for room, allowed in ROOMS.items():
            for path in sources(room):
                for name in includes(path):
                    used = "/".join(name.split("/")[:2])
                    if used in ROOMS:
                        self.assertIn(used, [room, *allowed], f"{path} includes {name}")

    def test_core_and_the_command_line_know_no_qt(self):
        for folder in ("core", "app/cli", "app/demo"):
            for path in sources(folder):
                for name in includes(path):
                    self.assertFalse(QT.match(name), f"{path} includes {name}")

    def test_torch_is_named_only_in_sources_and_in_torch_headers(self):
        for path in sources("core"):
            if path.suffix == ".h" and not TORCH_HEADER.search(path.name):
                for name in includes(path):
                    self.assertFalse(TORCH.match(name), f"{path} includes {name}")

    def test_no_header_seen_from_ui_or_app_names_torch(self):
        # app/demo trains its model itself and is not a program people are given.
        for folder in ("ui", "app/cli", "app/figure", "app/reproduce", "app/gui"):
            for path in sources(folder):
                for header in [path, *reachable_headers(path)]:
                    for name in includes(header):
                        self.assertFalse(TORCH.match(name), f"{path} sees {name} through {header}")

    def test_qcustomplot_is_used_by_plots_only(self):
        for top in ("core", "ui", "app"):
            for path in sources(top):
                if "qcustomplot.h" in includes(path):
                    self.assertEqual(path.parent, SOURCE / "ui/plots", str(path))

    def test_every_source_states_its_licence(self):
        for top in ("core", "ui", "app", "tests", "cmake"):
            for path in sources(top):
                first = path.read_text(encoding="utf-8").split("\n", 1)[0]
                self.assertIn("SPDX-License-Identifier: GPL-3.0-or-later", first, str(path))

    def test_a_broken_rule_would_be_seen(self):
        self.assertEqual(INCLUDE.findall('#include <ATen/ATen.h>\n# include "core/base/ids.h"\n'),
                         ["ATen/ATen.h", "core/base/ids.h"])
        self.assertTrue(TORCH.match("ATen/ATen.h") and QT.match("QWidget") and QT.match("QtCore/QString"))
        self.assertFalse(QT.match("string") or TORCH.match("core/lm/device_torch.h"))


if __name__ == "__main__":
    unittest.main()
