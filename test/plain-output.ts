// Texts that commands print are compared: in CI they would be coloured.
process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;
