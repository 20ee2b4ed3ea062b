"""Every SQL statement of Kanta, one file per noun. The only room that knows psycopg.

Each statement has a name and a line on what it is for; parameters are always bound. Functions take the
connection of the transaction they are part of: `with database.transaction() as connection` is the unit of
work. The schema itself is in `migrations/`, applied by the command in `migrate/`.
"""
