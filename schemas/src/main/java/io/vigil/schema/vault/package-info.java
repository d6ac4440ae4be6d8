/**
 * The vault: what links pseudonyms in the stream to people, outside the stream. Each person has a
 * key of its own, and destroying it erases what the stream holds of the person. Plain Java.
 */
@NullMarked
package io.vigil.schema.vault;

import org.jspecify.annotations.NullMarked;
