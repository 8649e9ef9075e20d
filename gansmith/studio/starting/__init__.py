"""What a page does: trainings are prepared, started, asked, resumed and thrown away; files are taken."""
