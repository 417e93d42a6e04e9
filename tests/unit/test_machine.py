from gnnpool import machine


def test_the_processor_is_named_as_the_system_names_it(tmp_path, monkeypatch):
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: Some Chip 9000\nprocessor\t: 1\nmodel name\t: Other\n")
    monkeypatch.setattr(machine, "_CPUINFO", info)
    assert machine.processor_name() == "Some Chip 9000"
    assert machine.describe_processor() == f"Some Chip 9000, {machine.cpu_capability()}"


def test_without_a_list_of_processors_python_names_one(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "none")
    assert machine.processor_name()
