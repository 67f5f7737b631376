"""The words of the field as frozen records. No behaviour beyond validation; imports nothing of the house."""
