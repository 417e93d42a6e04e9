"""What each atom of a crystal contributes to the prediction of a trained network."""
