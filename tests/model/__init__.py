"""Parts of the product against slow models of themselves, over random histories."""
