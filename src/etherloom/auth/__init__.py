"""Who are you: proofs that a peer shows, judged against what is on file. Knows no session and no limit."""
