"""Models of libVig: functions record their call, assume what Vigor's models assume and fork where they do."""
