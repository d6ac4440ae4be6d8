/**
 * From a topic that is not ours to ours: records are mapped and tokenised on the way, in order, and
 * none is forgotten before our brokers have what became of it.
 */
@NullMarked
package io.vigil.cli.bridge;

import org.jspecify.annotations.NullMarked;
