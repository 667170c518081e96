"""workflows: revisits — what the policies in force ask of a customer, and the follower that sees to it as soon as something happens."""
