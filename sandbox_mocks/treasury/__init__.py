"""The twin of the treasury and the banks: reconciliation files and statements of what the payment platform took."""
