"""What carries out the calls of the catalog: each reads a request, works with services, makes a reply."""
