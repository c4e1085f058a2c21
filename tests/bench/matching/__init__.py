"""How fast all watches find all papers, beside what people use today."""
