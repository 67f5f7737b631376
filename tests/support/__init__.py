"""What tests and benchmark share: namespaces, stock programs, traffic. Imported by nothing that ships."""
