"""French dates as they are read aloud; the spaces before and after the hour do not break."""

DATETIME_FORMAT = "j F Y à G\N{NO-BREAK SPACE}\\h\N{NO-BREAK SPACE}i"
