"""The pages for people, one file a page; they ask no other server for anything."""
