"""The API and the pages, asked as programs and browsers ask them."""
