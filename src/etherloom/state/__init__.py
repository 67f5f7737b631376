"""The one owner of configuration: snapshots with a revision, changes, subscribers."""
