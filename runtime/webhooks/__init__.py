"""runtime: events sent to other programs, as the Standard Webhooks specification has it (https://www.standardwebhooks.com)."""
