package io.vigil.cli.simulate;

import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * One row of the stream with the truth about it.
 *
 * @param transaction what the payment system sees
 * @param fraudKind what kind of fraud it is; null when genuine
 * @param cause which campaign it belongs to, as {@code kind-number}, with {@code @merchant} where
 *     cards leaked or were tried at one merchant; null when genuine
 * @param label what becomes known of a fraud, at its label_time, after the transaction; null when
 *     genuine or never reported
 */
public record SimulatedTransaction(
    Transaction transaction,
    @Nullable FraudKind fraudKind,
    @Nullable String cause,
    @Nullable Label label) {}
