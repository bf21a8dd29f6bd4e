"""A day of mail, minute by minute, through the design of today and that of 2017: what it takes and costs."""
