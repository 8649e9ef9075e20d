"""What the items of a store are like: blank or not, the same in the mirror or not."""
