package io.vigil.job.record;

import io.vigil.schema.Stage;

/**
 * Why a record becomes a dead letter.
 *
 * @param stage where it failed
 * @param reason stable code
 * @param message what was expected and what came, without personal data
 */
public record Rejection(Stage stage, String reason, String message) {}
