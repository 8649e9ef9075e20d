"""The rules of the doctor: functions of a history, and the table that orders them."""
