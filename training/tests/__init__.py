"""What must hold whatever the weights are: python -m unittest discover -s training/tests -t ."""
