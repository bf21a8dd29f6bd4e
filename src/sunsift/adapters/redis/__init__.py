"""Redis or Valkey behind the door Coordinator. Nothing here decides; it may be emptied at any moment.

Every house belongs to one of a few shards, by a hash of its name. The keys of shard k share the hash tag
{k}, so that a cluster keeps them together and one script may use them all:

    sunsift:{k}:quiet    sorted set  house -> arrived, of the houses that nobody has claimed
    sunsift:{k}:claimed  sorted set  house -> until
    sunsift:{k}:arrived  hash        house -> arrived, of both
    sunsift:{k}:lease    hash        house -> "until token"

All these times are steady milliseconds that the caller names. The server's own clock only takes away keys
that nobody has used for a week, as a bound on memory.
"""
