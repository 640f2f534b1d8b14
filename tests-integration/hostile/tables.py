"""Every attack by its name."""

from . import flood_tables, frame_rules, header_sections

ATTACKS = {
    f"{group}: {name}": attack
    for tables in (header_sections.TABLES, frame_rules.TABLES, flood_tables.TABLES)
    for group, table in tables.items()
    for name, attack in table.items()
}
