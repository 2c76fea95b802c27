"""What is wrong in a rule file, said in two languages: the model, the table of codes and the renderings."""
