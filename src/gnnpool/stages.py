"""One integer per stage, raised whenever the results of the stage change.

The integer is a parameter of the stage's rule. Raising it reruns the stage and all later ones;
refactoring reruns nothing. Each raise has a line in CHANGELOG.md.
"""

STRUCTURES = 2
SPLITS = 1
DUPLICATES = 1
FINGERPRINTS = 1
GRAPHS = 2
TRAINING = 3
ANALYSIS = 9
EXPLANATIONS = 2
PERTURBATIONS = 1
