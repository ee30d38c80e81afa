package process

import "time"

// SettleAfter is when there is little left to do but to wait.
const SettleAfter = time.Second
