package io.vigil.bench.queue;

/**
 * What one campaign does to one account: a block of the account ends it.
 *
 * @param cause the campaign
 * @param account the victim, or the mule
 */
record Episode(String cause, String account) {}
