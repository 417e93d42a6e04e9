"""One page that answers the question, with everything that the answer rests on."""
