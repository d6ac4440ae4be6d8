package io.vigil.cli;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A recipe as commands name it, with its spec.
 *
 * @param folder that paths in the recipe begin from
 */
record RecipeSource(Recipe recipe, SpecSource spec, Path folder) {

  /**
   * Reads a recipe and what it refers to.
   *
   * @param named a file or a built-in name
   * @throws CliException saying what is wrong, and where
   */
  static RecipeSource load(String named) {
    try {
      Path file = Path.of(named);
      if (Files.isRegularFile(file)) {
        Path parent = file.toAbsolutePath().getParent();
        return of(
            Recipe.read(Files.readString(file), named), parent == null ? Path.of("") : parent);
      }
      if (Recipe.BUILT_IN.contains(named)) {
        return of(Recipe.builtIn(named), Path.of(""));
      }
      throw new CliException(
          "recipe: expected a file or one of %s, got '%s'"
              .formatted(String.join(", ", Recipe.BUILT_IN), named));
    } catch (ArtefactException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CliException("recipe " + named + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static RecipeSource of(Recipe recipe, Path folder) {
    return new RecipeSource(recipe, SpecSource.load(recipe.spec(), folder), folder);
  }
}
