"""Front matter → the values of an entry.

Start at `reader`, which finds the front matter of a file and its format; `yaml_reader` and `toml_json` read it.
`fields` is the table of all keys: to add a key, add a row there. `converters` turn the text of a key into its value.
`value` is a piece of front matter with its position in the file, so that every problem can name a place.
"""
