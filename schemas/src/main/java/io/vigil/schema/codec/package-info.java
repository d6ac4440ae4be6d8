/**
 * The contracts on the wire: Avro single-object encoding, decoding of every schema version ever
 * published, and the masking of card numbers in bytes that could not be decoded.
 */
@NullMarked
package io.vigil.schema.codec;

import org.jspecify.annotations.NullMarked;
