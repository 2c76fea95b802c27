"""The commands of the README, run as a newcomer runs them: real processes, real sockets, real stores."""
