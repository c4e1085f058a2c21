"""Discord on a local port: simcord's world behind real HTTP and a real gateway socket."""
