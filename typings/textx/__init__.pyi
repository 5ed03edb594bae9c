from .metamodel import metamodel_from_str as metamodel_from_str
