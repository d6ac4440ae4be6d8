package io.vigil.cli.ingest;

import org.jspecify.annotations.Nullable;

/**
 * One line of a mapping beside one record.
 *
 * @param field what is filled: a field, {@code attributes.KEY}, or of a label
 * @param source the column or path; null for a constant
 * @param value what stands there, as messages show it: without card numbers, and hidden where the
 *     mapping replaces it by a token; null when nothing does, or when it cannot be read
 */
public record SeenSource(String field, @Nullable String source, @Nullable String value) {}
