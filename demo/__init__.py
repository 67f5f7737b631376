"""The main job, shown: a server, a hub, two clients that meet on it. Run by `make demo`.

It drives the programs as anybody would and is imported by nothing that ships.
"""
