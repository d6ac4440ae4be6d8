/** From topics into the database, and from the database back to topics. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.ingest;
