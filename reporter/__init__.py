"""The program of reporters, disputers, voters and attestors: it knows the law (protocol) and talks HTTP."""
