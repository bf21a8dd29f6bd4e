"""An Azure Storage Queue, as inbox and as outbox. The packages of the extra `azure` are imported late."""
