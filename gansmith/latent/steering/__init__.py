"""Moving a latent to change its picture in one respect: styles, directions, control, walks, mixing."""
