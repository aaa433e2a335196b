// Clusters, estimates and their bootstrap are part of what this target's results are made of; whoever reads one
// needs no import of its own.
@_exported public import Statistics
