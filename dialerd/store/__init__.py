"""Where state lives: Redis for what is hot, SQL for the record, and memory versions of both."""
